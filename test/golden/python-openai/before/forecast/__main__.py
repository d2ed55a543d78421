print("rain")
