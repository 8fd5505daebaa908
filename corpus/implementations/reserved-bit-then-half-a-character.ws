wsclose 1
role server
# A Ping with a reserved bit, a Ping and text with half a character: in one segment any may be the cause.
> ping rsv=4
> ping "p"
> text hex:c3 fin=0
> continuation
again whole
