wsclose 2
role server
extension permessage-deflate
# A compressed Close: only data messages can be compressed.
> close 3333 "bye" deflate
wait 2
> fin
