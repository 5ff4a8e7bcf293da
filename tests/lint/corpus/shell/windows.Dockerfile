FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command"]
RUN Get-Item a | Remove-Item
SHELL ["pwsh", "-Command"]
RUN Get-Item a | Remove-Item
SHELL ["cmd", "/S", "/C"]
RUN dir | more
