"""Who we are to registries: logins as Docker keeps them, in its file and with credential helpers."""
