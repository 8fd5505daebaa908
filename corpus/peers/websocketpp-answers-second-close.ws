wsclose 1
role client
# What comes after the peer's Close is not discarded: a second one, with a code that is refused, is answered.
> close 3333 "first"
> close 2500 "second"
wait 20
