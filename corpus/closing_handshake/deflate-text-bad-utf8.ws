wsclose 2
role server
extension permessage-deflate
# A compressed text message that is not UTF-8.
> text hex:c328 deflate
wait 2
> fin
