# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
WORKDIR c:\app
WORKDIR C:/app
WORKDIR "C:\Program Files"
WORKDIR app
WORKDIR \app
