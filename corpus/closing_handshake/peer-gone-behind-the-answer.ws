wsclose 1
role server
# The answer is still taken; shutting TCP down then fails, for the peer is gone.
> gone 1
> close 3333 "r"
> fin
