"""What the pages of learning draw. Pure: numbers in, coordinates out; templates put them into SVG.

Inline styles are forbidden by the pages' content security policy, so that all geometry is in attributes.
"""
