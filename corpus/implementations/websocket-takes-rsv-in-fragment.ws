wsclose 1
role server
# RSV1 in a fragment, then a Close: rust-websocket checks the bit only when the message is complete.
> text "a" fin=0 rsv=4
wait 2
> close 3333
> fin
