wsclose 2
role server
# A Close, and the end of TCP at once after it.
> close 3333 "r"
> fin glue
wait 2
