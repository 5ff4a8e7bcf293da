"""A small web service: words go in, their counts come out."""

from collections import Counter

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/healthz")
def healthz():
    return jsonify(status="ok")


@app.post("/count")
def count():
    return jsonify(Counter(request.get_data(as_text=True).split()))
