wsclose 2
role server
extension permessage-deflate
# A large compressed message, one that is not compressed and a Close, in one segment.
> binary "wsclose " * 255 deflate
> text "plain" glue
> close 3333 glue
wait 1
> fin
