"""`python -m app` is the command `frontline`."""

from app.cli import main

if __name__ == "__main__":
    main()
