from onggi.cli.main import main

main()
