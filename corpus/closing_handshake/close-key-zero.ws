wsclose 1
role server
# A Close with a masking key of zero, which is as lawful as any other.
> close 1000 key=00000000
wait 2
> fin
