FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
COPY a C:/b
COPY a c:\\b
COPY a b
USER 1000
