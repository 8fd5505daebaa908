wsclose 1
role server
# The whole answer is still taken, in however many writes; only shutting TCP down fails, for the peer is gone.
> gone 9
> close 3333 "r"
> fin
