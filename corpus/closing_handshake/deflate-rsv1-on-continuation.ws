wsclose 2
role server
extension permessage-deflate
# RSV1 on the second frame of a compressed message; only the first one may have it.
> text "a" fin=0 deflate
> continuation "b" rsv=4 deflate
wait 2
> fin
