FROM mcr.microsoft.com/powershell:7.4
SHELL ["pwsh", "-Command"]
RUN Get-Process
RUN Get-Date
RUN Get-Item a; Get-Item b
RUN Get-Item c
USER ContainerUser
