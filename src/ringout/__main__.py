"""`python -m ringout` is the `ringout` command."""

from ringout.cli.main import main

if __name__ == "__main__":
    main()
