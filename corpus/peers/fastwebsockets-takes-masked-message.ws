wsclose 1
role client
# fastwebsockets as a client takes a message that a server masked, and delivers it masked.
> binary "hi" mask=wrong
