wsclose 1
role server
# Beast answers a reason that is not UTF-8 by 1002, where 1007 fits.
> close 3333 hex:ff
