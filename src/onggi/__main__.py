from onggi.cli.start import main

main()
