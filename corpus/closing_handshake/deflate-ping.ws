wsclose 2
role server
extension permessage-deflate
# RSV1 on a Ping, which cannot be compressed.
> ping "p" deflate
wait 2
> fin
