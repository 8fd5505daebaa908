wsclose 1
role client
# A client that skips no masking key: wtx reads two empty messages where one came.
> text mask=wrong key=81008100
