wsclose 2
role server
extension permessage-deflate
# A message that is marked as compressed and is not.
> text hex:ff rsv=4
wait 2
> fin
