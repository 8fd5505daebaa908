wsclose 1
role server
# A Close after ten Pings.
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
> close 1000
wait 2
> fin
