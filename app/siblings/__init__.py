"""The other processes of the house: where they are reached, and how what somebody asks of them is passed on."""
