wsclose 1
role server
# A Close arrives one octet at a time, and in two segments.
> close 3333 "reason"
> fin
again each
again cut=1
again cut=4
again cut=9
