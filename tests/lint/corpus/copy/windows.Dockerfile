# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
COPY a b c:\
COPY a b c:\d
COPY a b c:/d/
