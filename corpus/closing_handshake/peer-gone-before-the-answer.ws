wsclose 1
role server
# The peer sends a Close and vanishes; the endpoint received the Close, but cannot write the reply.
> gone 0
> close 3333 "r"
> fin
