wsclose 2
role server
extension permessage-deflate
# A Pong, a compressed message and a Close: all of them are valid.
> pong
> text "hi" deflate
wait 1
> close 1000
wait 2
> fin
