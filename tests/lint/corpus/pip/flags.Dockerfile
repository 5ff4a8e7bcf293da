FROM python:3.12
RUN pip install --no-cache-dir -i https://example.org/simple flask==1
RUN pip install --no-cache-dir --index-url https://example.org/simple flask==1
RUN pip install --no-cache-dir --index-url=https://example.org/simple flask==1
RUN pip install --no-cache-dir --index-url=https://example.org/simple flask
RUN pip install --no-cache-dir --extra-index-url https://example.org/simple flask==1
RUN pip install --no-cache-dir --trusted-host example.org flask==1
RUN pip install --no-cache-dir -t /x flask==1
RUN pip install --no-cache-dir --target /x flask==1
RUN pip install --no-cache-dir --prefix /x flask==1
RUN pip install --no-cache-dir --root / flask==1
RUN pip install --no-cache-dir --find-links x flask==1
RUN pip install --no-cache-dir -f x flask==1
RUN pip install --no-cache-dir --no-binary :all: flask==1
RUN pip install --no-cache-dir --only-binary flask flask==1
RUN pip install --no-cache-dir --progress-bar off flask==1
RUN pip install --no-cache-dir --timeout 5 flask==1
RUN pip install --no-cache-dir --retries 5 flask==1
RUN pip install --no-cache-dir --log x flask==1
RUN pip install --no-cache-dir --root-user-action ignore flask==1
RUN pip install --no-cache-dir --root-user-action=ignore flask==1
RUN pip install --no-cache-dir --upgrade-strategy eager flask==1
RUN pip install --no-cache-dir --python-version 3 flask==1
RUN pip install --no-cache-dir --platform x flask==1
RUN pip install --no-cache-dir --implementation cp flask==1
RUN pip install --no-cache-dir --abi x flask==1
RUN pip install --no-cache-dir --src x flask==1
RUN pip install --no-cache-dir --proxy x flask==1
RUN pip install --no-cache-dir --cert x flask==1
RUN pip install --no-cache-dir --config-settings a=b flask==1
RUN pip install --no-cache-dir --global-option x flask==1
RUN pip install --no-cache-dir --exists-action w flask==1
RUN pip --timeout 5 install --no-cache-dir flask==1
RUN pip install --no-cache-dir --dry-run --report x flask==1
RUN pip install --no-cache-dir --cache-dir x flask==1
RUN pip install --no-cache-dir --use-feature x flask==1
