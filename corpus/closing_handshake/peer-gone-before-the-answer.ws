wsclose 1
role server
# The peer sends a Close and is gone: the answer cannot be written, and the Close has been received all the same.
> gone 0
> close 3333 "r"
> fin
