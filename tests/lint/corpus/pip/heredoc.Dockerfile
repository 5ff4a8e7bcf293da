FROM python:3.12
RUN <<EOF
pip install flask
EOF

RUN <<EOF
set -e
python -m pip install --no-cache-dir flask==1
EOF

RUN cat <<EOF
pip install flask
EOF
