"""`python -m okevents`: the command, for who has the interpreter at hand and not its folder of scripts."""

from okevents.cli import main

if __name__ == "__main__":
    main()
