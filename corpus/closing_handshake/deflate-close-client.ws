wsclose 2
role client
extension permessage-deflate
# A compressed Close answers that of the endpoint.
app close 1000
> close 1000 deflate
wait 2
> fin
