"""What tools are made of: read, told to the model, run."""
