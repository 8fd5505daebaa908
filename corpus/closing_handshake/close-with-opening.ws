wsclose 2
role server
# A Close in the segment of the opening handshake.
> close 3333 "r" with-opening
wait 2
> fin
