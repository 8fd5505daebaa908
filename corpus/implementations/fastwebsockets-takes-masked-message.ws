wsclose 1
role client
# fastwebsockets as a client accepts a masked message and delivers it without unmasking it.
> binary "hi" mask=wrong
