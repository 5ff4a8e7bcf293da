# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
WORKDIR C:\app
COPY app.exe config.json C:\app\
RUN Invoke-WebRequest -Uri https://example.org/x.zip -OutFile x.zip; `
    Expand-Archive x.zip
CMD app.exe
