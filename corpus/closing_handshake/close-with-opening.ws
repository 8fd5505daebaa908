wsclose 2
role client
# A server sends a Close in the segment of its opening handshake. A client may not send frames so early (§4.1).
> close 3333 "r" with-opening
wait 2
> fin
