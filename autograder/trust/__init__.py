"""The trust split: tests run in one process, the student's code in another, and values cross a socket.

::

    judge's process   Link     run cells, get names, share classes            (link, talk)
                      Handle   an object of the student's process             (handles, heirs)
                      Mirrors  classes for the student's classes of values    (mirrors)
                      Hosted   what the check itself has passed in            (hospitality)
                      RemoteNode, together                                    (nodes, fuse)
      the wire        exact types, nothing else                               (wire, reading, tables, frames)
    student's process Player   answers                                        (player, asked, changes)
                      Shell    IPython, for the cells                         (shell)
                      Shelf    objects that the judge knows by number         (shelf, describe, guests)
                      Stage    nodes                                          (stage)

They are joined by one connected ``AF_UNIX`` stream socket. Whatever comes from the student's side is a claim,
never an instruction. The player imports nothing of the judge, so that it can be loaded where the judge must
not be; a zygote imports ``warm``.
"""
