wsclose 1
role client
# A client replies to fifteen Pings and a Close, each with a new, unpredictable masking key.
> ping "a"
> ping "b"
> ping "c"
> ping "d"
> ping "e"
> ping "f"
> ping "g"
> ping "h"
> ping "i"
> ping "j"
> ping "k"
> ping "l"
> ping "m"
> ping "n"
> ping "o"
> close 1000
> fin
