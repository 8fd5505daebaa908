wsclose 2
role client
extension permessage-deflate
# A compressed message in three fragments, with a Ping between them, then a Close.
> text "Grü" fin=0 deflate
> ping "p"
> continuation "ße" fin=0 deflate
> continuation " 😀" deflate
> close 3333 "bye"
wait 1
> fin
