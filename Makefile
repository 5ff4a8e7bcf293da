# Two commands to know: `make demo` shows onggi at work, `make test` proves it. Both set up all they need.
.PHONY: demo test install check lint bench clean

demo: install
	scripts/demo

test: install
	scripts/test

install:
	scripts/install

check: install
	scripts/check

lint: install
	scripts/lint

bench: install
	scripts/bench

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
