wsclose 1
role server
# RSV1 in a fragment, and a Close: rust-websocket looks at the bits only once the message is whole.
> text "a" fin=0 rsv=4
wait 2
> close 3333
> fin
