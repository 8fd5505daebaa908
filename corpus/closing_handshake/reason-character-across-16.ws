wsclose 1
role server
# A character of three octets across the first 16 octets of the reason.
> close 1000 "rrrrrrrrrrrrrrr€"
wait 1
> fin
