# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a firmware fails a check: (firmware, name of the check) -> which of efilite and OVMF reads the text rightly, and why."""

BEFORE_EXIT = "efilite is right: the group is of UEFI 2.9; this OVMF tells a revision of 2.7 and does not signal it"
TELLS_SIZE = "efilite is right: on output the length is that of the data; edk2 sets it only when the buffer is too small"
NO_SCSU = "efilite is right: the text is SCSU; edk2 takes its bytes for characters"
EXACT_FONT = "efilite is right: without a flag that widens the search the font itself is searched for; edk2 finds none then"
FIRST_OVERFLOW = "efilite is right: every explicit line break begins a row; edk2 draws no more rows after one that does not fit"
FREES_BUFFER = "efilite is right: INVALID_PARAMETER is for what AllocateBuffer did not allocate; edk2 hands on what FreePages says"

KNOWN = {
    ("ovmf", "7.1.4 SignalEvent: a group member without notification passes the signal on"):
        "efilite is right: all events of the group are signaled whatever the member is; edk2 does it for EVT_NOTIFY_SIGNAL only",
    ("ovmf", "7.1.4 SignalEvent: members that wait are signaled with their group"):
        "efilite is right: all events of the group are signaled whatever the member is; edk2 does it for EVT_NOTIFY_SIGNAL only",
    ("ovmf", "7.3.9 OpenProtocol: BY_DRIVER again by the same agent for another controller is ALREADY_STARTED"):
        "efilite is right: the text compares agents only; edk2 compares controllers, too, and says ACCESS_DENIED",
    ("ovmf", "7.3.17 InstallMultipleProtocolInterfaces: a device path is looked for before other mistakes"):
        "efilite is right: the pairs are searched for a device path before any is installed; edk2 looks at it when its turn comes",
    ("ovmf", "7.2.1 AllocatePages: a count whose bytes overflow is OUT_OF_RESOURCES"):
        "efilite is right: edk2 lets the count of bytes wrap and gives a single page",
    ("ovmf", "7.3.18 UninstallMultipleProtocolInterfaces: a failure puts back even the handle's only protocol"):
        "efilite is right: edk2 lets the handle die with its first protocol and cannot put it back",
    ("ovmf", "7.3.13 DisconnectController: a driver that does not manage the device is SUCCESS"):
        "efilite is right: SUCCESS is for a driver that is not managing the controller, too; edk2 says NOT_FOUND",
    ("ovmf", "7.3.13 DisconnectController: a driver that fails to stop is DEVICE_ERROR"):
        "efilite is right: DEVICE_ERROR is for a controller that could not be disconnected; edk2 says NOT_FOUND when it stopped nobody",
    ("ovmf", "7.3.12 ConnectController: a driver that appears with another's start is found"):
        "efilite is right: the search restarts after every start; edk2 goes on in the list that it made before the first",
    ("ovmf", "7.4.1 LoadImage: neither a buffer nor a path is NOT_FOUND"):
        "efilite is right: the text names NOT_FOUND for both being NULL; edk2 says INVALID_PARAMETER",
    ("ovmf", "7.4.1 LoadImage: an image that is cut off is LOAD_ERROR"):
        "efilite is right: a corrupt image is LOAD_ERROR, UNSUPPORTED is for another type of image; edk2 says UNSUPPORTED for both",
    ("ovmf", "7.4.2 StartImage: a handle that a driver has changed is connected"):
        "efilite is right: handles that the image has modified, too; edk2 does not count a protocol more on an old handle",
    ("ovmf", "7.5.1 SetWatchdogTimer: a code of the firmware's is INVALID_PARAMETER"):
        "efilite is right: codes up to 0xFFFF are the firmware's and INVALID_PARAMETER is for a bad code; edk2 looks at none",
    ("ovmf", "7.4.1 LoadImage: a device that fails is DEVICE_ERROR"):
        "efilite is right: a device's error is DEVICE_ERROR; edk2 goes on to look for LoadFile and says NOT_FOUND for want of it",
    ("ovmf", "13.5.2 Open: .. of the root is NOT_FOUND"):
        "efilite is right: the file is not there; INVALID_PARAMETER, edk2's answer, is for a handle that is no directory",
    ("ovmf", "13.5.2 Open: from a file is INVALID_PARAMETER"):
        "efilite is right: the text names INVALID_PARAMETER for a regular file; edk2 says NOT_FOUND",
    ("ovmf", "13.5.2 Open: a new file may be read-only"):
        "efilite is right: the attributes are those of the new file, and READ_ONLY is one; edk2 says INVALID_PARAMETER",
    ("ovmf", "13.5.14 SetInfo: the same name in other letters"):
        "efilite is right: the name is to be the one that is given; edk2 takes it for no change and succeeds without one",
    ("ovmf", "7.1.2 The group BeforeExitBootServices was signaled before"): BEFORE_EXIT,
    ("ovmf", "7.1.2 The group BeforeExitBootServices was signaled once"): BEFORE_EXIT,
    ("ovmf", "2.3.4 The stack is not executable"):
        "efilite is right: the stack must not be executable; Debian's OVMF leaves edk2's switch for it off",
    ("ovmf", "34.8.4 UpdatePackageList: GUID packages are of one type by their GUID"):
        "efilite is right: a package's type has its GUID in it; edk2 removes all GUID packages",
    ("ovmf", "34.8.6 ExportPackageLists: success tells the size, too"): TELLS_SIZE,
    ("ovmf", "34.8.7 RegisterPackageNotify: a GUID's packages only"):
        "efilite is right: the GUID must match the package's; edk2 does not compare them",
    ("ovmf", "34.8.7 RegisterPackageNotify: several reasons at once"):
        "efilite is right: the types are bits, to be told of together; edk2 compares the whole number",
    ("ovmf", "34.8.10 GetKeyboardLayout: success tells the size, too"): TELLS_SIZE,
    ("ovmf", "33.3.6.2.7 SCSU: a window of Latin letters"): NO_SCSU,
    ("ovmf", "33.3.6.2.7 SCSU: a quoted character"): NO_SCSU,
    ("ovmf", "33.2.6.2.4 SCSU: control codes of one byte become those of two"): NO_SCSU,
    ("ovmf", "34.3.2 NewString: the identifier is new in all languages"):
        "efilite is right: a string that another language lacks is INVALID_LANGUAGE; edk2 gives all others an empty string",
    ("ovmf", "34.3.2 NewString: with a font"):
        "efilite is right: strings without a font keep none; edk2 numbers the new font 0, which is the default of all of them",
    ("ovmf", "34.3.2 NewString: with a font that is not in the database"):
        "efilite is right: no status is for that, and a string's font is a hint; edk2 says INVALID_PARAMETER",
    ("ovmf", "34.3.3 GetString: by a secondary language"):
        "efilite is right: a package's language field is a list, of which GetSecondaryLanguages tells; edk2 compares its first member only",
    ("ovmf", "34.3.3 GetString: identifier 0 is NOT_FOUND"):
        "efilite is right: NOT_FOUND is for an identifier that is not there, INVALID_PARAMETER not for identifiers; edk2 says the latter",
    ("ovmf", "34.3.3 GetString: success tells the size, too"): TELLS_SIZE,
    ("ovmf", "34.3.5 GetLanguages: a list without strings has none"):
        "efilite is right: NOT_FOUND is for a list that is not in the database; edk2 says it of a list without strings, too",
    ("ovmf", "34.3.6 GetSecondaryLanguages: none"):
        "efilite is right: without secondary languages it succeeds; edk2 says INVALID_LANGUAGE",
    ("ovmf", "35.4.2 ExtractConfig: an element may be a label"):
        "efilite is right: a <RequestElement> is a <BlockName> or a <Label>; edk2 refuses labels when the header has a name",
    ("ovmf", "35.4.6 ConfigToBlock: without a routing header"):
        "efilite is right: the header is skipped if it is present; edk2 says INVALID_PARAMETER without one",
    ("ovmf", "35.4.6 ConfigToBlock: too small tells the size, and nothing is written"):
        "efilite is right: only the size is updated then; edk2 writes what fits",
    ("ovmf", "35.4.7 GetAltCfg: an alternative by its identifier, as a <ConfigResp>"):
        "efilite is right: the identifier is a string; edk2 reads a number at that place",
    ("ovmf", "33.3.2 Simplified fonts: a non-spacing glyph is put on top of the one before"):
        "efilite is right: it takes no room of its own; edk2 counts its width in the columns",
    ("ovmf", "34.1.2 StringToImage: each character has its column, a line break has none"):
        "efilite is right: there is one entry for each character; edk2 has none for those that are not drawn, so all behind them are wrong",
    ("ovmf", "34.1.2 StringToImage: CLIP formats by line breaks only"): FIRST_OVERFLOW,
    ("ovmf", "34.1.2 StringToImage: CLIP_CLEAN_X asks for the last pixel that is on"):
        "efilite is right: the right-most pixel that is on has to fit; edk2 asks for the whole cell",
    ("ovmf", "34.1.2 StringToImage: WRAP breaks behind a hyphen, which stays"):
        "efilite is right: the opportunity is behind the hyphen; edk2 drops it as though it were a space, or does not see it",
    ("ovmf", "34.1.2 StringToImage: WRAP breaks at a space that would not fit"): FIRST_OVERFLOW,
    ("ovmf", "34.1.2 StringToImage: direct to the screen, transparent"):
        "efilite is right: the background is ignored; edk2 fills the row with it before",
    ("ovmf", "34.1.3 StringIdToImage: in the string's own font"): EXACT_FONT,
    ("ovmf", "34.1.4 GetGlyph: the caller's colors with the system's font"):
        "efilite is right: colors do not make it another font; edk2 then does not find it and gives a warning without an image",
    ("ovmf", "34.1.4 GetGlyph: how far the baseline is from the bottom"):
        "efilite is right: a baseline two pixels up is 2; edk2 gives OffsetY, which is -2",
    ("ovmf", "34.1.5 GetFontInfo: a font by name, size and style"): EXACT_FONT,
    ("ovmf", "34.1.5 GetFontInfo: RESTYLE leaves out some of the styles asked for"):
        "efilite is right: what may be removed is some of the styles specified; edk2 looks for a font with all of them and more",
    ("ovmf", "34.1.5 GetFontInfo: a font that lacks a character is passed over"):
        "efilite is right: it iterates through the fonts that match; edk2 ends at the first that does not have the characters",
    ("ovmf", "12.8 SetAttributes: zeros are the defaults, 115200 8N1, one byte of FIFO, a second"):
        "efilite is right: the text's default is a receive FIFO of one byte; OVMF tells 16",
    ("ovmf", "12.8 SetAttributes: the nearest rate that is not above"):
        "efilite is right: the mode tells the rate that the line has; edk2 tells what was asked for, and sets another",
    ("ovmf", "12.8 SetAttributes: the nearest FIFO depth that is not above"):
        "efilite is right: the nearest depth that is not above is selected; edk2 says INVALID_PARAMETER",
    ("ovmf", "3.3 ConIn: it lasts, and is part of ConInDev"):
        "efilite is right: ConIn is a subset of ConInDev; OVMF adds a path that stands for any USB keyboard",
    ("ovmf", "12.2.3 ReadKeyStrokeEx: Control and C is C with Control, unless the shift state is unknown"):
        "efilite is right: a shift state that is marked valid has Control in it; OVMF's is valid without, beside a control character",
    ("ovmf", "12.4.3 OutputString: what cannot be shown is left out, with a warning"):
        "efilite is right: the warning is for characters that were left out; edk2's console splitter passes nothing on but errors",
    ("ovmf", "10.6.1.6 Uart: defaults"):
        "efilite is right: DEFAULT is how a node's 0 reads; edk2 makes 115200 and 8 of the word, which is another node",
    ("ovmf", "10.6.3 ConvertDeviceNodeToText: the text gives the node back, iSCSI names without a NUL"):
        "efilite is right: text that is not for display only is to be parsed; edk2's gives a node with a NUL more",
    ("ovmf", "10.6.2 A path's instances have commas between them"):
        "efilite is right: a comma stands between instances, a slash between the nodes of one; edk2 writes both",
    ("ovmf", "21.1.7 StrToFat: the name ends with a NUL"):
        "efilite is right: Fat is said to be null-terminated; edk2 writes the name only",
    ("ovmf", "14.4.2 PollMem: the result is what was read"):
        "efilite is right: Result is the last value read, in 64 bits; edk2 writes as many bytes of it as the width has",
    ("ovmf", "14.2.13 FreeBuffer: a second time"): FREES_BUFFER,
    ("ovmf", "14.4.11 FreeBuffer: a second time"): FREES_BUFFER,
    ("ovmf", "5.3.2 GPT: the copy is used when the first is broken"):
        "efilite is right: the copy is there to be used; edk2 writes it over the first, and has none where the disk cannot be written to",
    ("ovmf", "5.3.2 GPT: the copy is used when the first's entries are broken"):
        "efilite is right: entries whose CRC is wrong are not valid; edk2 uses them where it cannot write the copy over them",
    ("ovmf", "13.18 PartitionInfo: El Torito's image for EFI is a system partition"):
        "efilite is right: platform id EF is an EFI system partition [13.3.2.1], and System says whether it is one; edk2 does not look",
}
