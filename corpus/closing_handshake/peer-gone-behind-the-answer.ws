wsclose 1
role server
# TCP still accepts the reply; the TCP shutdown then fails because the peer vanished.
> gone 1
> close 3333 "r"
> fin
