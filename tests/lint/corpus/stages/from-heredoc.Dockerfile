FROM debian:12 AS a
COPY <<EOF /x
COPY --from=a
EOF

FROM a
COPY --from=a x y
