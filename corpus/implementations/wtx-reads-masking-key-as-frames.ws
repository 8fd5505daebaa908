wsclose 1
role client
# wtx as a client reads the masking key of an empty message as two more empty messages.
> text mask=wrong key=81008100
