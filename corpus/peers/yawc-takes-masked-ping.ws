wsclose 1
role client
# A client that unmasks nothing: yawc sends the masked payload of the Ping back.
> ping "p" mask=wrong
